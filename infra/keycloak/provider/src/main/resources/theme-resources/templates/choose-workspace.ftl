<#import "template.ftl" as layout>
<@layout.registrationLayout; section>
  <#if section = "header">
    ${msg("chooseWorkspaceTitle")}
  <#elseif section = "form">
    <link rel="stylesheet" href="${url.resourcesPath}/css/choose-workspace.css">
    <#if problem??>
      <div id="cw-problem" class="cw-problem" role="alert">
        <p class="cw-problem-title">${msg(problem)}</p>
        <#if problemDetail??><p id="cw-problem-detail" lang="en">${problemDetail}</p></#if>
        <#if offered?has_content><p><a href="#cw-workspace-0">${msg("chooseWorkspaceChooseAgain")}</a></p></#if>
      </div>
    </#if>
    <form id="cw-form" class="${properties.kcFormClass!}" action="${url.loginAction}" method="post">
      <#if offered?has_content>
        <fieldset class="cw-list"<#if problem??> aria-describedby="cw-problem"</#if>>
          <legend class="cw-legend">${msg("chooseWorkspaceLegend")}</legend>
          <#list offered as workspace>
            <div class="cw-choice">
              <input type="radio" class="cw-radio" id="cw-workspace-${workspace?index}" name="workspace" value="${workspace.name}" required
                <#if workspace.selected>checked</#if>
                <#if workspace.description?? || workspace.until??>aria-describedby="cw-about-${workspace?index}"</#if>>
              <label class="cw-label" for="cw-workspace-${workspace?index}">${workspace.displayName}</label>
              <#if workspace.description?? || workspace.until??>
                <div class="cw-about" id="cw-about-${workspace?index}">
                  <#if workspace.description??><p>${workspace.description}</p></#if>
                  <#if workspace.until??><p>${msg("chooseWorkspaceUntil")} ${workspace.until}</p></#if>
                </div>
              </#if>
            </div>
          </#list>
        </fieldset>
      <#else>
        <p id="cw-none" class="cw-text">${msg("chooseWorkspaceNone")}</p>
      </#if>
      <div class="cw-buttons">
        <#if offered?has_content>
          <button id="cw-choose" type="submit" name="choose" value="true" class="${properties.kcButtonClass!} ${properties.kcButtonPrimaryClass!} ${properties.kcButtonBlockClass!}">${msg("chooseWorkspaceContinue")}</button>
        <#else>
          <button id="cw-again" type="submit" name="again" value="true" class="${properties.kcButtonClass!} ${properties.kcButtonPrimaryClass!} ${properties.kcButtonBlockClass!}">${msg("chooseWorkspaceTryAgain")}</button>
        </#if>
        <#if cancellable>
          <button id="cw-cancel" type="submit" name="cancel-aia" value="true" formnovalidate class="${properties.kcButtonClass!} ${properties.kcButtonSecondaryClass!properties.kcButtonDefaultClass!} ${properties.kcButtonBlockClass!}">${msg("doCancel")}</button>
        </#if>
      </div>
    </form>
    <#if refused?has_content>
      <section class="cw-refused" aria-labelledby="cw-refused-title">
        <h2 id="cw-refused-title" class="cw-subtitle">${msg("chooseWorkspaceRefusedTitle")}</h2>
        <ul>
          <#list refused as workspace>
            <li><span class="cw-name">${workspace.displayName}</span><#if workspace.reason??> <span class="cw-reason" lang="en">${workspace.reason}</span></#if></li>
          </#list>
        </ul>
      </section>
    </#if>
    <#if !offered?has_content && !cancellable>
      <p class="cw-text"><a id="cw-restart" href="${url.loginRestartFlowUrl}">${msg("chooseWorkspaceOtherPerson")}</a></p>
    </#if>
  </#if>
</@layout.registrationLayout>
